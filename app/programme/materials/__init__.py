"""Materials: slides and papers of sessions, files or links, each public from its moment on."""
