"""People who sign in (organisers, team members, speakers): sign-in links, sessions, roles."""
