"""Every sentence a user reads: written in English, translated when shown."""

from twin.text.message import N_, Message, _, language, plural, use_language

__all__ = ["N_", "Message", "_", "language", "plural", "use_language"]
