#pragma once
// The words of the library: one empty type for each axis a tensor can have.
//
// A tensor is a View<float, Token, Channel>: its shape is in its type, a misplaced axis does not compile,
// and a trace can name its own axes. Sizes are run-time numbers and live in the View.

namespace etalon {

struct Token { static constexpr const char* name = "token"; };            // row of this step's batch of tokens
struct Stream { static constexpr const char* name = "stream"; };          // several residual streams side by side
struct One { static constexpr const char* name = "one"; };                // a single number
struct Position { static constexpr const char* name = "position"; };      // place in a sequence, from 0
struct Channel { static constexpr const char* name = "channel"; };        // residual stream, d_model
struct Vocab { static constexpr const char* name = "vocab"; };            // token ids
struct Head { static constexpr const char* name = "head"; };              // query heads
struct KvHead { static constexpr const char* name = "kv_head"; };         // key/value heads (== Head in MLA)
struct HeadDim { static constexpr const char* name = "head_dim"; };       // what a query and a key are compared in
struct ValueDim { static constexpr const char* name = "value_dim"; };     // what a head returns
struct NopeDim { static constexpr const char* name = "nope_dim"; };       // part of HeadDim without rotary position
struct RopeDim { static constexpr const char* name = "rope_dim"; };       // part of HeadDim with rotary position
struct QueryLatent { static constexpr const char* name = "query_latent"; };
struct KvLatent { static constexpr const char* name = "kv_latent"; };     // what multi-head latent attention caches
struct Frequency { static constexpr const char* name = "frequency"; };    // pairs of a rotary embedding
struct Hidden { static constexpr const char* name = "hidden"; };          // inside a feed-forward network
struct Expert { static constexpr const char* name = "expert"; };          // routed experts, by id
struct Choice { static constexpr const char* name = "choice"; };          // the k experts a token uses, ascending id
struct Mixing { static constexpr const char* name = "mixing"; };          // coefficients of hyper-connections
struct Entry { static constexpr const char* name = "entry"; };            // compressed entries of a sequence, in order
struct Series { static constexpr const char* name = "series"; };          // what a token gives to compressed entries
struct Slot { static constexpr const char* name = "slot"; };              // place of a token in its group
struct IndexHead { static constexpr const char* name = "index_head"; };   // heads of an indexer
struct IndexDim { static constexpr const char* name = "index_dim"; };     // what an indexer compares in
struct Group { static constexpr const char* name = "group"; };            // runs of heads with an output matrix each
struct GroupLatent { static constexpr const char* name = "group_latent"; };
struct KeyHead { static constexpr const char* name = "key_head"; };       // linear attention: of queries and keys
struct ValueHead { static constexpr const char* name = "value_head"; };   // linear attention: of values and memories
struct MixedChannel { static constexpr const char* name = "mixed_channel"; };   // of a short convolution
struct Tap { static constexpr const char* name = "tap"; };                // weights of a short convolution, in time

// Two axes laid out as one: Joined<Head, HeadDim> is head-major, so splitting it moves no data.
template <class A, class B> struct Joined { static constexpr const char* name = "joined"; };
// Two blocks side by side on one axis: first all of A, then all of B.
template <class A, class B> struct Concat { static constexpr const char* name = "concat"; };

}  // namespace etalon
