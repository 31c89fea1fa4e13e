"""Every sentence a user reads: written in English, translated when shown."""

from twin.text.message import Message, N_, _, language, plural, use_language

__all__ = ["Message", "N_", "_", "language", "plural", "use_language"]
