#!/usr/bin/env python3
"""Checks includes against the layer policy below, and that no source file runs away.

The policy is data: a folder may include itself, the folders listed for it, and the third-party
headers listed for it (prefixes). A third-party header that no folder lists is unknown and refused.
"""
import pathlib
import re
import sys

LINES_MAX = 500

# folder -> folders below it that it may include
FOLDERS = {
    "common": [],
    "crypto": ["common"],
    "storage": ["common"],
    "cel": ["common"],
    "consensus": ["common", "crypto"],
    "ledger": ["common", "crypto", "storage", "consensus"],
    "p2p": ["common", "crypto"],
    "contracts": ["common", "crypto", "storage", "cel", "consensus", "ledger"],
    "node": ["common", "crypto", "storage", "cel", "consensus", "ledger", "p2p", "contracts"],
}
# folder of tools/ -> others of tools/ that it may include; what stands in src/ is below them all
TOOLS = {
    "scenario": [],
    "cel_cases": [],
    "rulebook": [],
    "slip": [],
    "report": [],
    "tally": ["cel_cases", "report", "rulebook", "slip"],
    "devnet": ["rulebook", "scenario", "tally"],
    "tallyd": ["devnet"],
    "simulate": [],
}
# puts the program together from all of them
WIRING = ["tools/tally/main.cpp"]
# third-party header prefix -> the only folders that may include it ("*": any)
THIRD_PARTY = {
    "boost/describe": "*",
    "boost/mp11": "*",
    "boost/smart_ptr": ["cel"],
    "boost/system": ["cel", "common"],
    "boost/unordered": "*",
    "re2/": ["cel"],
    "nlohmann/": ["common", "contracts", "node"],
    "sodium": ["crypto"],
    "rocksdb/": ["storage"],
    "openssl/": ["p2p"],
    "boost/asio": ["p2p", "node"],
    "boost/beast": ["node"],
    "spdlog/": ["node"],
    "fmt/": ["node"],
    "toml++/": ["node"],
}
# operating system headers -> the only folders that may include them
SYSTEM = {
    "thread": ["node", "p2p", "ledger", "storage"],
    "mutex": ["contracts", "node", "p2p", "ledger", "storage"],
    "shared_mutex": ["node", "ledger", "storage"],
    "random": ["p2p"],  # jitter of reconnects, from a seed that is handed in
    "ctime": ["node"],  # the Date field of HTTP
    "iostream": [],
    "fstream": ["crypto", "ledger", "node", "storage"],
    "filesystem": ["crypto", "ledger", "node", "storage"],
    "sys/socket.h": ["node", "p2p"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def complaints(root):
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        name = path.relative_to(root)
        folder = name.parts[1]
        lines = path.read_text(encoding="utf-8").splitlines()
        if folder not in FOLDERS:
            yield f"{name}: folder src/{folder} has no layer; add it to scripts/check_layers.py"
            continue
        if len(lines) > LINES_MAX:
            yield f"{name}: has {len(lines)} lines; split it by concern below {LINES_MAX}"
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, header = match.groups()
            where = f"{name}:{number}"
            if quote == '"':
                target = header.split("/")[0]
                if target != folder and target not in FOLDERS[folder]:
                    yield f"{where}: src/{folder} may not include {header}"
                continue
            if header in SYSTEM and folder not in SYSTEM[header]:
                yield f"{where}: src/{folder} may not include <{header}>"
            if "/" not in header and "." not in header:
                continue
            rule = next((v for k, v in THIRD_PARTY.items() if header.startswith(k)), None)
            if rule is None:
                if "boost/" in header or header.endswith(".hpp"):
                    yield f"{where}: <{header}> is in no policy; add it to scripts/check_layers.py"
            elif rule != "*" and folder not in rule:
                yield f"{where}: src/{folder} may not include <{header}>"
    yield from tool_complaints(root)


def tool_complaints(root):
    for path in sorted((root / "tools").rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        name = path.relative_to(root)
        folder = name.parts[1]
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > LINES_MAX:
            yield f"{name}: has {len(lines)} lines; split it by concern below {LINES_MAX}"
        if folder not in TOOLS:
            yield f"{name}: folder tools/{folder} has no layer; add it to scripts/check_layers.py"
            continue
        if name.as_posix() in WIRING:
            continue
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            target = match.group(2).split("/")[0] if match and match.group(1) == '"' else folder
            if target in TOOLS and target != folder and target not in TOOLS[folder]:
                yield f"{name}:{number}: tools/{folder} may not include {match.group(2)}"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    found = list(complaints(root))
    for line in found:
        print(line, file=sys.stderr)
    if found:
        sys.exit(1)
    print("check: layers hold, no file over %d lines" % LINES_MAX)


main()
