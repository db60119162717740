"""Stands in for PySpark where there is none: partitions, map, pipe and collect, in this process, one partition after the other.

pipe starts the command once for each partition, with the variables of env alone, and ignores how it ends unless checkCode is true.
"""

import shlex
import subprocess


class Rdd:
    def __init__(self, partitions):
        self.partitions = partitions

    def map(self, function):
        return Rdd([[function(value) for value in partition] for partition in self.partitions])

    def pipe(self, command, env=None, checkCode=False):
        return Rdd([self._pipe(partition, command, env or {}, checkCode) for partition in self.partitions])

    def collect(self):
        return [value for partition in self.partitions for value in partition]

    @staticmethod
    def _pipe(partition, command, env, check):
        process = subprocess.run(shlex.split(command), input="".join(f"{value}\n" for value in partition), stdout=subprocess.PIPE, text=True, env=env)
        if check and process.returncode:
            raise RuntimeError(f"Pipe function `{command}' exited with error code {process.returncode}")
        return process.stdout.splitlines()


class SparkContext:
    def __init__(self, appName):
        self.name = appName

    def parallelize(self, values, slices):
        return Rdd([values[len(values) * i // slices:len(values) * (i + 1) // slices] for i in range(slices)])
