// The public face of @headend/manifest.
