"""The reference workloads, as far as they are there: name, command, file for standard input, environment."""
import os, re, shutil, subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(os.path.dirname(ROOT), "shared", "bench")


def reference_workloads():
    sql, script, source = (os.path.join(BENCH, name) for name in ("sqlite.sql", "interpreter.py", "compile.cc"))
    if os.path.exists(sql) and shutil.which("sqlite3"):
        yield "sqlite3", ["sqlite3", ":memory:"], sql, {}
    if os.path.exists(script) and os.path.exists("/usr/bin/python3"):
        yield "interpreter", ["/usr/bin/python3", script], None, {"PYTHONMALLOC": "malloc"}
    if os.path.exists(source):
        command = ["g++", "-###", "-O1", "-std=c++20", "-S", "-o", "/dev/null", source]
        lines = subprocess.run(command, capture_output=True, text=True).stderr.splitlines()
        compiler = next((line for line in lines if "cc1plus" in line and line.startswith(" ")), None)
        if compiler:
            words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', compiler)]
            yield "compile", words, None, {}


