"""Questions as data: what organisers ask besides what the site asks by itself."""
