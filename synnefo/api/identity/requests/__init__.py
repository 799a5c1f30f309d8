"""Keystone's request bodies. Around a resource an unknown field is refused; inside of one it is kept, as a field of the maker's
own (``words.extra``), where Keystone keeps such."""
