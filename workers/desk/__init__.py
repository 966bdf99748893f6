"""What the desk does, whoever asks for it: the command line and the pages commit the same way.

`decisions` carries out what an account decided, `evidence` keeps what was handed in, `particulars`
shows what is in a request (masked, unless it is revealed on record), `parked` settles parked
messages, `entry` takes in what somebody says on the phone or writes in a letter. Calls and letters
are `workers.tasks`.
"""
