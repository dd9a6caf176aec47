"""The conference website: the application's packages and the modules that all of them share."""
