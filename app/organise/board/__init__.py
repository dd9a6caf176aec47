"""The schedule board: rooms across, time down."""
