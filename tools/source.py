# SPDX-License-Identifier: Apache-2.0
"""What every gate shares: the project's files, a small reading of C, and the report.

A gate is a function that takes a Tree and yields findings. The reading of C is
shallow on purpose: comments and literals are blanked, preprocessor lines are
blanked, and braces do the rest. That is enough for code in one fixed format.
"""
import argparse
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

C_SUFFIXES = (".c", ".h")
SPLIT_C = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
NOT_SOURCE = re.compile(r"(?:^|/)(?:\.git|build[^/]*|node_modules|dist|__pycache__)/")
ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)")


class Finding(NamedTuple):
    path: str
    line: int
    rule: str
    text: str


class Function(NamedTuple):
    name: str
    line: int
    lines: int
    parameters: int
    complexity: int
    body: str


class Tree:
    """The files of one project folder, by path relative to it."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()

    def files(self):
        """Tracked files and those about to be; without git, everything."""
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", self.root, "ls-files", "-co",
             "--exclude-standard", "-z"], capture_output=True, check=False)
        if listed.returncode == 0:
            paths = listed.stdout.decode().split("\0")
        else:
            found = (p.relative_to(self.root).as_posix() for p in self.root.rglob("*"))
            paths = [p for p in found if not NOT_SOURCE.search(p)]
        return sorted(p for p in paths if p and (self.root / p).is_file())

    def c_files(self, under=("src/", "test/", "bench/", "tools/")):
        return [p for p in self.files() if p.endswith(C_SUFFIXES) and p.startswith(under)]

    def text(self, path):
        """The text of a file, or None when it is binary."""
        raw = (self.root / path).read_bytes()
        if b"\0" in raw:
            return None
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return None


def blank(text):
    """The same number of lines and columns, nothing in them."""
    return re.sub(r"[^\n]", " ", text)


def code_of(text):
    """C with the inside of comments and literals blanked."""
    def keep_quotes(match):
        found = match.group()
        return found if found[0] == found[-1] == '"' and len(found) == 2 else (
            found[0] + blank(found[1:-1]) + found[-1] if found[0] in "\"'" else blank(found))
    return SPLIT_C.sub(keep_quotes, text)


def words_of(text):
    """C with everything but comments and literals blanked."""
    kept, at = [], 0
    for match in SPLIT_C.finditer(text):
        kept += [blank(text[at:match.start()]), match.group()]
        at = match.end()
    return "".join(kept) + blank(text[at:])


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def statements(text):
    """The file-scope statements: (offset, head, body or None). A function has a
    body; of anything else braces and what they hold are cut out of the head."""
    code = DIRECTIVE.sub(lambda m: blank(m.group()), code_of(text))
    start, depth, head, opened = 0, 0, "", 0
    for match in re.finditer(r"[{};]", code):
        mark, at = match.group(), match.start()
        if mark == "{":
            if depth == 0:
                head, opened = head + code[start:at], at
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth == 0:
                start = at + 1
                if is_function(head):
                    yield opened - len(head.lstrip()), head, code[opened:start]
                    head = ""
        elif depth == 0:
            head += code[start:at]
            yield at - len(head.lstrip()), head, None
            start, head = at + 1, ""


def is_function(head):
    bare = ATTRIBUTE.sub(" ", head).rstrip()
    return bare.endswith(")") and "=" not in bare


def functions(text):
    for at, head, body in statements(text):
        if body is None:
            continue
        bare = ATTRIBUTE.sub(" ", head)
        name = re.search(r"(\w+)\s*\(", bare)
        first = line_of(text, at)
        last = line_of(text, at + len(head.lstrip()) + len(body)) if body else first
        yield Function(name.group(1) if name else "?", first, last - first + 1,
                       count_parameters(bare), count_decisions(body), body)


def count_parameters(head):
    inside = head[head.index("(") + 1:head.rindex(")")]
    while re.search(r"\([^()]*\)", inside):
        inside = re.sub(r"\([^()]*\)", "", inside)
    return 0 if inside.strip() in ("", "void") else inside.count(",") + 1


def count_decisions(body):
    return 1 + len(re.findall(r"\b(?:if|for|while|case)\b|&&|\|\||\?", body))


def run_gate(name, check):
    """Runs one gate as a program: prints what it found, fails if anything."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parent.parent)
    tree = Tree(parser.parse_args().root)
    findings = sorted(set(check(tree)))
    for found in findings:
        print(f"{found.path}:{found.line}: {found.rule}: {found.text}")
    print(f"{name}: {len(findings)} found" if findings else f"{name}: clean")
    sys.exit(1 if findings else 0)
