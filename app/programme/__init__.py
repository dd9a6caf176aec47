"""The conference programme: sessions, speakers, rooms and themes, and how organisers edit them."""
