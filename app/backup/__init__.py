"""Backups: the whole site in one file, for either database, and back into an empty site.

The file is a ZIP archive (zip64 where needed) with these members, in this order:

* ``mimetype``: stored uncompressed, so that a file can be recognised by its first bytes
* ``tables/NAME.jsonl``: a table of the database, one JSON list per line for each row; times are
  ISO 8601 in UTC, dates ISO 8601, and bytes are Base64. Uploads (photos, slides, programme files)
  are stored in the database, so they are included.
* ``manifest.json``: the version of the format, the migration of the database, the settings, a
  fingerprint of the secret key, and for each table, in an order that satisfies foreign keys,
  its columns with their kinds, the number of its rows, its size and its SHA-256
* ``keys.json``, on request: every secret setting, encrypted with AES-256-GCM. The key comes from
  a passphrase by scrypt; the manifest is authenticated with it, and so is the whole file.

Not included: derived data (the search index), what belongs to the machine (the database's URL,
paths, ``PORT``, ``HOST``), and emails that were written as files instead of being sent.

``services`` creates and restores a backup, ``archive`` handles the container, ``rows`` the tables,
``keys`` the encryption, and ``site_settings`` the settings.
"""
