"""Pages, news, links and the urgent notice, written by organisers and kept in versions."""
