"""The tree against RFC 6962: its published roots, and its definition written out again."""

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.seal.merkle import EMPTY, Tree, is_consistent, leaf_hash, root_of_inclusion
from support.trees import defined

PUBLISHED_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
PUBLISHED_ROOTS = """
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()
"""Roots of the first 1, 2, … 8 leaves, from Certificate Transparency's tests."""


def leaves_of(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def tree_of(leaves: list[bytes]) -> Tree:
    tree = Tree()
    tree.extend(b"".join(leaves))
    return tree


def test_roots_are_those_that_were_published() -> None:
    tree = tree_of([leaf_hash(leaf) for leaf in PUBLISHED_LEAVES])
    assert [tree.root(size).hex() for size in range(1, 9)] == PUBLISHED_ROOTS
    assert tree.root(0) == EMPTY


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.data())
def test_a_tree_that_grows_in_parts_has_the_defined_root(parts: list[int], data: st.DataObject) -> None:
    leaves = leaves_of(sum(parts))
    tree, done = Tree(), 0
    for size_of_part in parts:
        tree.extend(b"".join(leaves[done : done + size_of_part]))
        done += size_of_part
    size = data.draw(st.integers(0, len(leaves)))
    assert tree.root(size) == defined(leaves[:size])
    tree.cut(size)
    tree.extend(b"".join(leaves[size:]))
    assert tree.root() == defined(leaves)


@given(st.integers(1, 300), st.data())
def test_a_proof_of_inclusion_leads_to_the_root_and_no_other_does(size: int, data: st.DataObject) -> None:
    leaves, index = leaves_of(size), data.draw(st.integers(0, size - 1))
    tree = tree_of(leaves)
    proof = tree.inclusion(index, size)
    assert root_of_inclusion(leaves[index], index, size, proof) == tree.root()
    assert root_of_inclusion(leaf_hash(b"another"), index, size, proof) != tree.root()
    assert root_of_inclusion(leaves[index], index, size, [*proof, EMPTY]) != tree.root()
    assert root_of_inclusion(leaves[index], index + size, size, proof) is None
    if proof:
        assert root_of_inclusion(leaves[index], index, size, proof[:-1]) is None
        another_index = data.draw(st.integers(0, size - 1).filter(lambda drawn: drawn != index))
        assert root_of_inclusion(leaves[index], another_index, size, proof) != tree.root()


@given(st.integers(0, 200), st.integers(0, 100), st.data())
def test_consistency_is_proved_only_for_a_tree_that_begins_with_the_old_one(
    old: int, added: int, data: st.DataObject
) -> None:
    leaves = leaves_of(old + added)
    tree = tree_of(leaves)
    roots, proof = (tree.root(old), tree.root()), tree.consistency(old, old + added)
    assert is_consistent(old, roots[0], old + added, roots[1], proof)
    assert not is_consistent(old, leaf_hash(b"x"), old + added, roots[1], proof)
    assert not is_consistent(old, roots[0], old + added, roots[1], [*proof, EMPTY])
    if old and added:
        assert not is_consistent(old, roots[0], old + added, leaf_hash(b"x"), proof)
        assert not is_consistent(old, roots[0], old + added, roots[1], proof[:-1])
        changed = data.draw(st.integers(0, old - 1))
        forked = tree_of([*leaves[:changed], leaf_hash(b"forked"), *leaves[changed + 1 :]])
        sizes = old, old + added
        assert not is_consistent(old, roots[0], old + added, forked.root(), forked.consistency(*sizes))
