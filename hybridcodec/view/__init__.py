"""Pictures of .hyc files as one page for a browser: layers on top of each other, to toggle, zoom and compare.

`scenes` decodes what a file shows, `parts` and `embedding` bound it and put it into a page, `page` and `gallery` make
the pages. The viewer itself, `viewer.js` and `viewer.css`, knows layers by name alone and serves the `report` too: one
more layer of the format is one more line in `scenes.MADE`.
"""

from hybridcodec.view.gallery import Gallery, view_folder
from hybridcodec.view.page import Viewed, view_file

__all__ = ["Gallery", "Viewed", "view_file", "view_folder"]
