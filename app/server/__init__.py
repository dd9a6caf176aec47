"""``make run``: the whole site with one command.

This process prepares everything once (secret key, database, default conference), then forks the
web server and the mail worker, so that they start with all modules already loaded. It supervises
them: a process that ends is restarted after a pause, and all of them stop together.
"""
