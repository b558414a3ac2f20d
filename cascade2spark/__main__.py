"""``python -m cascade2spark``: the command line."""

from cascade2spark.cli import main

main(prog_name="cascade2spark")
