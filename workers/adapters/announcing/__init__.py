"""Announcements: `run` sends one to everybody, `marks` remembers who has it."""

from workers.adapters.announcing.marks import MongoMarks
from workers.adapters.announcing.run import Announcer

__all__ = ["Announcer", "MongoMarks"]
