"""One hash of everything in a world that a person could change, and the items that it is made of."""


def command(stage, args):
    return 1
