// Tests of include/etalon/text/postprocess.hpp.
#include <etalon/text/postprocess.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

namespace {

using Ids = std::vector<TokenId>;
const TemplateProcessing begin_and_end{.single = {Ids{1}, std::size_t{0}, Ids{2, 3}},
                                       .pair = {std::size_t{0}, Ids{9}, std::size_t{1}}};

}  // namespace

TEST_CASE("a template puts its tokens around the text, unless they are not wanted") {
  CHECK(postprocess({7, 8}, {begin_and_end}, true) == Ids{1, 7, 8, 2, 3});
  CHECK(postprocess({7, 8}, {begin_and_end}, false) == Ids{7, 8});
  CHECK(postprocess({}, {begin_and_end}, true) == Ids{1, 2, 3});
  CHECK(postprocess({7, 8}, {}, true) == Ids{7, 8});
}

TEST_CASE("a second template takes the first one's two pieces for a pair, and refuses three") {
  const TemplateProcessing begin{.single = {Ids{1}, std::size_t{0}}, .pair = {}};
  CHECK(postprocess({7}, {begin, begin_and_end}, true) == Ids{1, 9, 7});
  CHECK_THROWS_AS(postprocess({7}, {begin_and_end, begin_and_end}, true), etalon::Error);
}
