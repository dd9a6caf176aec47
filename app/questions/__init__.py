"""Questions as data: the organisers' own, and those that every site asks."""
