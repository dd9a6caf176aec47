"""``make run``: the whole site with one command.

This process prepares everything once (the key, the database, the conference as shipped), then
forks the web server and the mail worker, which so begin with every module in memory. It watches
over them: one that ends is started again after a pause, and all end together.
"""
