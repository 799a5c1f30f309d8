"""What Neutron's part answers, attribute by attribute: the one table of them, which the documents are made of and every answer in
a test is held against (``kernel.answers``). The renderers write it; nothing is made of these types while the cloud works.

``NotRequired`` is what only administrators see, or what there is not in every cloud.
"""
