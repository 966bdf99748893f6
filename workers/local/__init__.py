"""The embedded default: real servers for the demo and the tests, each in a folder of its own.

Start with `stack`: it composes `rabbit`, `mongo` and `smtp`, all of which are a `server`.
"""
