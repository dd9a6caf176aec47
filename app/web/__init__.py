"""HTTP and rendering: middleware, caching, security headers, templates, file formats."""
