"""Keeps count of what is on the shelves of a small shop."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Item:
    """One kind of thing on the shelves."""

    name: str
    price: float
    quantity: int = 0
    tags: list[str] = field(default_factory=list)


class Inventory:
    """All items, by name."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def add(self, item: Item) -> None:
        if item.name in self.items:
            self.items[item.name].quantity += item.quantity
        else:
            self.items[item.name] = item

    def total_value(self) -> float:
        """The price of everything on the shelves."""
        total = 0.0
        for item in self.items.values():
            total += item.price * item.quantity
        return total

    def cheapest(self) -> Item:
        return min(self.items.values(), key=lambda item: item.price)

    def names(self, tag: str) -> list[str]:
        return [item.name for item in self.items.values() if tag in item.tags]


def read_inventory(path: Path) -> Inventory:
    """Read an inventory from a CSV file with a header line."""
    inventory = Inventory()
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            item = Item(row["name"], float(row["price"]), int(row["quantity"]))
            inventory.add(item)
    return inventory


def report(inventory: Inventory, *, currency: str = "EUR") -> str:
    lines = [f"{item.name}: {item.quantity}" for item in inventory.items.values()]
    lines.append(f"total: {inventory.total_value():.2f} {currency}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(read_inventory(Path("inventory.csv"))))
