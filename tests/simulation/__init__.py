"""A conference's year from a seed, with a simulated clock: `make simulate SEEDS=100`.

People register, wait, book sessions, cancel and write; organisers change limits, publish and write
to everybody; the worker's own functions send emails and tidy up; processes die at commits, and mail
servers are difficult. After each step the site must be as it ought to be
(tests/simulation/invariants.py).

    year.py          the year: its clock, its people, what happens next
    calendar.py      when things happen
    *_steps.py       what people and organisers do
    worker.py        the worker's tasks and its emails
    faults.py        processes that die at a commit, and mail servers that refuse
    invariants.py    what must be true after each step
    erasure.py       what is left of people who have been erased
    site.py          a site for each year, without pytest
    processes.py     eight processes that do all this at once, on either database
"""
