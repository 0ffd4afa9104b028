"""One file a peer: the chat prompt as that library's documentation would have it written.

Each has `IMPORT`, what a program that uses it imports; `author`, which turns (role, template) pairs into the library's
own source; `ready`, which makes of that a function of the values, as a program does once; and `pairs`, which reads
(role, text) from what it returned. The files import nothing at their top: nothing is loaded before the clock runs.
"""
