"""The pages are read by the rules of GitHub."""

import pytest

from . import markdown

PAGE = """# A page

Some `code` and [a link](one.md#two "title"), ![a picture](pictures/a.png), `[no](link.md)`.

```sh
echo '[no](link.md)'  # no heading either
# none
```

## γ without a scale: corrections.csv

### The report's *method* & `run_it`
## A page

1. A list
   ```yaml
   a:
     b: 1
   ```

| a | b |
|---|---|
| 1 | 2 |
| 3 | 4 |

[ref]: two.md
"""


def test_headings_have_the_anchors_that_github_gives_them() -> None:
    assert markdown.anchors(PAGE) == {
        "a-page",
        "γ-without-a-scale-correctionscsv",
        "the-reports-method--run_it",
        "a-page-1",
    }


def test_links_in_code_are_none() -> None:
    assert markdown.links(PAGE) == ["one.md#two", "pictures/a.png", "two.md"]


def test_blocks_lose_their_indentation_and_keep_their_line() -> None:
    _, (shell, yaml) = markdown.split(PAGE)
    assert (shell.language, shell.line) == ("sh", 5)
    assert (yaml.language, yaml.text) == ("yaml", "a:\n  b: 1")


def test_a_block_that_is_not_closed_is_said() -> None:
    with pytest.raises(ValueError, match="line 3: a fence is not closed"):
        markdown.split("a\n\n```sh\nls\n")


def test_rows_are_counted_below_the_heading() -> None:
    assert markdown.table_rows(PAGE) == [2]


def test_code_is_found_over_the_end_of_a_line_and_in_shell_blocks() -> None:
    assert markdown.code("run `make\nrepro` and ``a ` b``\n\n```sh\nls x\n```\n```\nout\n```\n") == [
        "make\nrepro",
        "a ` b",
        "ls x",
    ]
