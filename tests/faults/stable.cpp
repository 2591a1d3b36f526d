// The part of the checker that is compiled once a run (stable.hpp).
#include "faults/stable.hpp"

namespace etalon::test {

std::shared_ptr<const io::Checkpoint> open_checkpoint(const std::filesystem::path& folder_or_file) {
  return std::make_shared<const io::Checkpoint>(io::Checkpoint::open(folder_or_file));
}

StableConfig::StableConfig(const std::filesystem::path& folder)
    : config(std::make_shared<const io::Config>(io::Config::load(folder))) {}

int StableConfig::integer(const io::Key& key, io::Range range) const { return config->integer(key, range); }
int StableConfig::integer(const io::Key& key, io::Range range, int otherwise) const {
  return config->integer(key, range, otherwise);
}
std::optional<int> StableConfig::optional_integer(const io::Key& key, io::Range range) const {
  return config->optional_integer(key, range);
}
double StableConfig::number(const io::Key& key, io::Interval range, double otherwise) const {
  return config->number(key, range, otherwise);
}
bool StableConfig::boolean(const io::Key& key, bool otherwise) const { return config->boolean(key, otherwise); }
std::string StableConfig::text(const io::Key& key, std::string otherwise) const {
  return config->text(key, std::move(otherwise));
}
std::vector<int> StableConfig::integers(const io::Key& key, io::Range range) const {
  return config->integers(key, range);
}
std::vector<int> StableConfig::integers(const io::Key& key, io::Range range, std::vector<int> otherwise) const {
  return config->integers(key, range, std::move(otherwise));
}
std::vector<std::string> StableConfig::texts(const io::Key& key, std::vector<std::string> otherwise) const {
  return config->texts(key, std::move(otherwise));
}
io::Config StableConfig::object(const io::Key& key) const { return config->object(key); }
bool StableConfig::has(const io::Key& key) const { return config->has(key); }
std::string StableConfig::where() const { return config->where(); }
Error StableConfig::unsupported(const io::Key& key, const std::string& expected, const std::string& next) const {
  return config->unsupported(key, expected, next);
}

io::RopeConfig read_rope(const StableConfig& config, const std::string& layer_type, double default_theta,
                         double default_partial) {
  return io::read_rope(*config.config, layer_type, default_theta, default_partial);
}

}  // namespace etalon::test
