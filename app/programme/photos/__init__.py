"""Photos of speakers: validation, cropping and renditions."""
