// The public face of @headend/player.
