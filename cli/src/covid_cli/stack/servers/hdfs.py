"""HDFS: a NameNode, a DataNode and the shell, from Hadoop's jars and those that Spark brings."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from covid_cli.errors import UserError
from covid_cli.stack.part import Part, answers
from covid_cli.stack.ports import HOST
from covid_cli.stack.process import Command
from covid_cli.stack.servers.jvm import FRUGAL

PORTS = ("namenode", "namenode-http", "datanode", "datanode-http", "datanode-ipc")
_PACKAGE = "org.apache.hadoop.hdfs.server"
_HEAP = "-Xmx256m"


@dataclass(frozen=True)
class Hdfs:
    """One HDFS of a home: how to start it, and what a client needs."""

    java: Path
    jars: tuple[Path, ...]
    """Folders of jars: Hadoop's own, then its client and libraries."""
    home: Path
    ports: Mapping[str, int]

    @property
    def configuration(self) -> Path:
        """HADOOP_CONF_DIR."""
        return self.home / "hdfs" / "conf"

    @property
    def commands(self) -> Path:
        """A folder for PATH with the command `hdfs`, of which `hdfs dfs` works."""
        return self.home / "hdfs" / "bin"

    def write(self) -> None:
        """Write the configuration and the command."""
        self.configuration.mkdir(parents=True, exist_ok=True)
        core = {"fs.defaultFS": f"hdfs://{HOST}:{self.ports['namenode']}"}
        (self.configuration / "core-site.xml").write_text(_xml(core), encoding="utf-8")
        (self.configuration / "hdfs-site.xml").write_text(_xml(self._site()), encoding="utf-8")
        self.commands.mkdir(parents=True, exist_ok=True)
        command = self.commands / "hdfs"
        line = " ".join(f"'{word}'" for word in self._java("org.apache.hadoop.fs.FsShell", "ERROR"))
        command.write_text(
            f'#!/bin/sh\n[ "$1" = dfs ] || {{ echo "only hdfs dfs is here" >&2; exit 2; }}\n'
            f'shift\nexec {line} "$@"\n',
            encoding="utf-8",
        )
        command.chmod(0o755)

    def namenode(self) -> Part:
        """Keeps the names; formatted before the first start."""
        main = f"{_PACKAGE}.namenode.NameNode"

        def prepare() -> None:
            self.write()
            if not (self.home / "hdfs" / "names" / "current").exists():
                command = (*self._java(main), "-format", "-nonInteractive")
                answer = subprocess.run(command, check=False, capture_output=True, text=True)
                if answer.returncode:
                    raise UserError(f"HDFS could not be laid out: {answer.stderr.strip()[-300:]}")

        return Part("namenode", Command(self._java(main)), self._answers("namenode-http"), prepare)

    def datanode(self) -> Part:
        """Keeps the blocks. Start it after the NameNode, which it registers with."""
        main = f"{_PACKAGE}.datanode.DataNode"
        return Part("datanode", Command(self._java(main)), self._answers("datanode-http"))

    def _answers(self, port: str) -> Callable[[], bool]:
        return answers(f"http://{HOST}:{self.ports[port]}/jmx")

    def _java(self, main: str, level: str = "WARN") -> tuple[str, ...]:
        classes = ":".join([str(self.configuration), *(f"{folder}/*" for folder in self.jars)])
        return (str(self.java), *FRUGAL, _HEAP, f"-Dlog4j2.level={level}", "-cp", classes, main)

    def _site(self) -> dict[str, str]:
        data = self.home / "hdfs"
        return {
            "dfs.replication": "1",
            "dfs.namenode.name.dir": f"file://{data}/names",
            "dfs.datanode.data.dir": f"file://{data}/blocks",
            "dfs.namenode.rpc-address": f"{HOST}:{self.ports['namenode']}",
            "dfs.namenode.http-address": f"{HOST}:{self.ports['namenode-http']}",
            "dfs.datanode.address": f"{HOST}:{self.ports['datanode']}",
            "dfs.datanode.http.address": f"{HOST}:{self.ports['datanode-http']}",
            "dfs.datanode.ipc.address": f"{HOST}:{self.ports['datanode-ipc']}",
            "dfs.namenode.datanode.registration.ip-hostname-check": "false",
            # Whoever runs the stack owns it; there are no other users to keep apart.
            "dfs.permissions.enabled": "false",
            # It asks the servers at once instead of leaving safe mode after half a minute.
            "dfs.namenode.safemode.extension": "0",
        }


def _xml(properties: Mapping[str, str]) -> str:
    lines = "".join(
        f"  <property><name>{escape(name)}</name><value>{escape(value)}</value></property>\n"
        for name, value in properties.items()
    )
    return f'<?xml version="1.0"?>\n<configuration>\n{lines}</configuration>\n'
