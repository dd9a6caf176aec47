"""How a site gets a conference of its own: the example that it came with is taken away whole."""
