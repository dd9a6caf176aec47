"""Pages, news, links and the urgent notice."""
