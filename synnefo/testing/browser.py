"""A browser for tests: Debian's Chromium, without a window, driven by selenium."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from synnefo.testing.packages import require
from synnefo.testing.processes import new_directory, user_or_self

PACKAGES: Final = ("chromium", "chromium-driver")
WINDOW: Final = "1024,768"
COLOURS: Final = """
const canvas = document.querySelector("canvas");
if (!canvas || !canvas.width) return [0, 0, 0];
const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
return [canvas.width, canvas.height, new Set(new Uint32Array(data.buffer)).size];
"""


@contextlib.contextmanager
def browser() -> Iterator[Chrome]:
    """One with a profile of its own. Raises :class:`synnefo.testing.packages.Missing`."""
    for package in PACKAGES:
        require(package)
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    profile = new_directory("browser", user_or_self("root"))
    for word in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--window-size={WINDOW}",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(word)  # its sandbox does not work for root
    driver = Chrome(options, ChromeService("/usr/bin/chromedriver"))
    try:
        yield driver
    finally:
        driver.quit()


def painted(page: Any) -> tuple[int, int, int]:
    """Of the page's canvas: width, height, and how many colours are on it."""
    width, height, colours = page.execute_script(COLOURS)
    return int(width), int(height), int(colours)


def keep(page: Any, file: Path) -> None:
    """A picture of the page, for whoever wants to see it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    page.save_screenshot(str(file))
