"""What a picture file holds besides its samples: each module walks the structure of one format and names the parts.

`reading` takes samples and metadata with Pillow, which passes over what it does not know; here every byte has to belong
to something. A part counts as kept where its bytes are those of the metadata that was kept, so that what these modules
say does not hang on what Pillow was thought to do. Nothing here decodes a sample, and nothing trusts a size in a file.
"""
