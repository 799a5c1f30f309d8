"""What Keystone's part answers, field by field (``kernel.answers``): the documents are made of it, and every answer in a test is
held against it. The renderers write it; nothing is made of these types while the cloud works.

Structs are of what may have fields of its maker's, which are shown beside those declared here; typed dictionaries of all else.
"""
