// Tests of include/etalon/walk.hpp.
#include <etalon/walk.hpp>

#include <doctest/doctest.h>

using namespace etalon;

struct Block {
  Linear<Hidden, Channel> up = linear_of<Hidden, Channel>(2, 3);
  Linear<Channel, Hidden> down{};

  void each_part(auto&& part) {
    part("up", up);
    part("down", down);
  }
};
struct Tiny {
  Weight<Vocab, Channel> embedding{{5, 3}, {}};
  std::vector<Block> layers{2};
  Weight<Channel> norm{{3}, {}};

  void each_part(auto&& part) {
    part("embedding", embedding);
    part("layers", layers);
    part("norm", norm);
  }
};

static std::vector<std::string> paths(Tiny& model) {
  std::vector<std::string> found;
  each_weight(model, [&](const std::string& path, AnyWeight weight) {
    found.push_back(path + " " + std::to_string(weight.count()));
  });
  return found;
}

TEST_CASE("every weight is met once, in the order of the parts, under its path") {
  Tiny model;
  CHECK(paths(model) == std::vector<std::string>{"embedding 15", "layers.0.up.weight 6", "layers.1.up.weight 6",
                                                 "norm 3"});
}

TEST_CASE("weights that a family lacks are passed over, and met when they are there") {
  Tiny model;
  model.layers[1].down = linear_of<Channel, Hidden>(3, 2, true);
  CHECK(paths(model) == std::vector<std::string>{"embedding 15", "layers.0.up.weight 6", "layers.1.up.weight 6",
                                                 "layers.1.down.weight 6", "layers.1.down.bias 3", "norm 3"});
}

TEST_CASE("the walk hands out the weights themselves: what is written stays") {
  Tiny model;
  int met = 0;
  auto grow = [&met](const std::string&, AnyWeight weight) {
    weight.shape[0] += 1;
    ++met;
  };
  each_weight(model, grow);
  CHECK(met == 4);
  CHECK(model.embedding.rows() == 6);
  CHECK(model.norm.columns() == 4);
}
