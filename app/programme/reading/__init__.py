"""Reading a conference from a file, whoever wrote it.

``read`` looks at what the file holds, not at its name; ``understood`` takes what it holds. One
module reads each format into the same loose words (``found``); the rest turns those into a
programme (``written``), mends what is broken, and notes each mend. Whatever the bytes, the answer
is a ``Reading`` or a refusal with a sentence.
"""

from app.programme.reading.files import read, understood

__all__ = ["read", "understood"]
