// The public face of @headend/rtmp.
