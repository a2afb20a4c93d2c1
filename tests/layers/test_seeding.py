import keras

from nlp_builder.layers.seeding import derived_seeds, seeded_initializer


def test_seeds_are_different_repeatable_and_small_enough():
    seeds = derived_seeds(42, 50)
    assert len(set(seeds)) == 50
    assert derived_seeds(42, 50) == seeds != derived_seeds(43, 50)
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_only_an_initializer_without_a_seed_gets_one():
    own = keras.initializers.GlorotUniform(seed=1)
    assert seeded_initializer(own, 2) is own
    assert seeded_initializer("zeros", 2).get_config() == {}
    assert seeded_initializer("orthogonal", 2).get_config()["seed"] == 2
