"""``python -m cascade2spark``: the command line."""

from cascade2spark.cli import main

if __name__ == "__main__":
    main(prog_name="cascade2spark")
