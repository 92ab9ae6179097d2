CREATE TYPE "public"."ingest_protocol" AS ENUM('rtmp', 'srt', 'webrtc');--> statement-breakpoint
CREATE TYPE "public"."stream_state" AS ENUM('starting', 'live', 'ended');--> statement-breakpoint
CREATE TABLE "admins" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"token_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "channels" (
	"id" text PRIMARY KEY NOT NULL,
	"title" text NOT NULL,
	"category" text DEFAULT '' NOT NULL,
	"key_version" integer DEFAULT 1 NOT NULL,
	"policy" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "entitlements" (
	"channel_id" text PRIMARY KEY NOT NULL,
	"policy" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "renditions" (
	"stream_id" text NOT NULL,
	"profile" text NOT NULL,
	"bitrate" integer NOT NULL,
	"resolution" text NOT NULL,
	"keyframe_interval" real NOT NULL,
	"codec" text DEFAULT '' NOT NULL,
	CONSTRAINT "renditions_stream_id_profile_pk" PRIMARY KEY("stream_id","profile")
);
--> statement-breakpoint
CREATE TABLE "stream_sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"stream_id" text NOT NULL,
	"protocol" "ingest_protocol" NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"end_code" text
);
--> statement-breakpoint
CREATE TABLE "streams" (
	"id" text PRIMARY KEY NOT NULL,
	"channel_id" text NOT NULL,
	"state" "stream_state" NOT NULL,
	"protocol" "ingest_protocol",
	"started_at" timestamp (3) with time zone NOT NULL,
	"live_at" timestamp (3) with time zone,
	"interrupted_at" timestamp (3) with time zone,
	"seen_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"end_reason" text,
	"title" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
ALTER TABLE "entitlements" ADD CONSTRAINT "entitlements_channel_id_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."channels"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "renditions" ADD CONSTRAINT "renditions_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_sessions" ADD CONSTRAINT "stream_sessions_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "streams" ADD CONSTRAINT "streams_channel_id_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."channels"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "stream_sessions_by_stream" ON "stream_sessions" USING btree ("stream_id");--> statement-breakpoint
CREATE UNIQUE INDEX "streams_one_open_per_channel" ON "streams" USING btree ("channel_id") WHERE "streams"."state" <> 'ended';--> statement-breakpoint
CREATE INDEX "streams_by_channel" ON "streams" USING btree ("channel_id","id");