#include "CWebM.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <webm/callback.h>
#include <webm/reader.h>
#include <webm/webm_parser.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <exception>
#include <vector>

namespace {

using webm::Action;
using webm::Status;

// Larger than any frame or header of a call's recording; a damaged size must not make the parser take gigabytes.
constexpr uint64_t maximumElement = 32 << 20;
constexpr size_t maximumTracks = 32;
constexpr uint64_t maximumTime = 1'000ull * 3'600 * 1'000'000'000;  // a thousand hours

struct Frame {
    uint64_t track;
    int64_t time;
    bool isKey;
    std::vector<uint8_t> bytes;
};

// Bytes of a descriptor. Says "would block" while a frame waits to be taken: that is how the parser, which pushes, is
// made to pause after every block.
class Input : public webm::Reader {
  public:
    Input(int descriptor, const uint8_t *head, size_t count) : descriptor(descriptor), buffer(head, head + count) {}

    bool paused = false;

    Status Read(size_t wanted, uint8_t *to, uint64_t *got) override {
        *got = 0;
        if (paused) return Status(Status::kWouldBlock);
        if (!fill()) return Status(Status::kEndOfFile);
        size_t count = std::min(wanted, buffer.size() - start);
        memcpy(to, buffer.data() + start, count);
        return advance(count, wanted, got);
    }

    Status Skip(uint64_t wanted, uint64_t *got) override {
        *got = 0;
        if (paused) return Status(Status::kWouldBlock);
        if (!fill()) return Status(Status::kEndOfFile);
        uint64_t here = buffer.size() - start;
        if (wanted > here && lseek(descriptor, off_t(wanted - here), SEEK_CUR) >= 0) {
            // A regular file: what is not wanted need not be read.
            start = buffer.size();
            position += wanted;
            *got = wanted;
            return Status(Status::kOkCompleted);
        }
        return advance(size_t(std::min<uint64_t>(wanted, here)), wanted, got);
    }

    void seek(uint64_t to) {
        lseek(descriptor, off_t(to), SEEK_SET);
        buffer.clear();
        start = 0;
        position = to;
        paused = false;
    }

    uint64_t Position() const override { return position; }

  private:
    int descriptor;
    std::vector<uint8_t> buffer;
    size_t start = 0;
    uint64_t position = 0;

    Status advance(size_t count, uint64_t wanted, uint64_t *got) {
        start += count;
        position += count;
        *got = count;
        return Status(count == wanted ? Status::kOkCompleted : Status::kOkPartial);
    }

    bool fill() {
        if (start < buffer.size()) return true;
        buffer.resize(65536);
        start = 0;
        ssize_t count;
        do {
            count = read(descriptor, buffer.data(), buffer.size());
        } while (count < 0 && errno == EINTR);
        buffer.resize(count > 0 ? size_t(count) : 0);
        return count > 0;
    }
};

bool mayBeLarge(webm::Id id) {
    return id == webm::Id::kSegment || id == webm::Id::kCluster;
}

bool isOfNoUse(webm::Id id) {
    return id == webm::Id::kSeekHead || id == webm::Id::kCues || id == webm::Id::kChapters || id == webm::Id::kTags;
}

class Collector : public webm::Callback {
  public:
    explicit Collector(Input &input) : input(input) {}

    std::deque<Frame> frames;
    std::vector<cwebm_track> tracks;

    Status OnElementBegin(const webm::ElementMetadata &metadata, Action *action) override {
        *action = isOfNoUse(metadata.id) ? Action::kSkip : Action::kRead;
        bool tooLarge = metadata.size != webm::kUnknownElementSize && metadata.size > maximumElement;
        if (tooLarge && *action == Action::kRead && !mayBeLarge(metadata.id)) return Status(Status::kInvalidElementSize);
        return Status(Status::kOkCompleted);
    }

    Status OnInfo(const webm::ElementMetadata &, const webm::Info &info) override {
        // Nanoseconds a tick: a million unless the file says otherwise. More than a second makes no sense.
        scale = std::clamp<uint64_t>(info.timecode_scale.value(), 1, 1'000'000'000);
        return Status(Status::kOkCompleted);
    }

    Status OnTrackEntry(const webm::ElementMetadata &, const webm::TrackEntry &entry) override {
        if (tracks.size() >= maximumTracks) return Status(Status::kInvalidElementValue);
        cwebm_track track = {};
        track.number = entry.track_number.value();
        track.is_video = entry.track_type.value() == webm::TrackType::kVideo;
        track.is_audio = entry.track_type.value() == webm::TrackType::kAudio;
        strncpy(track.codec, entry.codec_id.value().c_str(), sizeof track.codec - 1);
        strncpy(track.name, entry.name.value().c_str(), sizeof track.name - 1);
        const webm::Video &video = entry.video.value();
        track.width = uint32_t(std::min<uint64_t>(video.pixel_width.value(), UINT32_MAX));
        track.height = uint32_t(std::min<uint64_t>(video.pixel_height.value(), UINT32_MAX));
        track.sample_rate = entry.audio.value().sampling_frequency.value();
        track.channels = uint32_t(std::min<uint64_t>(entry.audio.value().channels.value(), UINT32_MAX));
        track.frame_duration = entry.default_duration.value();
        track.codec_delay = entry.codec_delay.value();
        tracks.push_back(track);
        return Status(Status::kOkCompleted);
    }

    Status OnClusterBegin(const webm::ElementMetadata &, const webm::Cluster &cluster, Action *action) override {
        clusterTime = cluster.timecode.value();
        *action = Action::kRead;
        return Status(Status::kOkCompleted);
    }

    Status OnSimpleBlockBegin(const webm::ElementMetadata &, const webm::SimpleBlock &block, Action *action) override {
        begin(block, block.is_key_frame);
        *action = Action::kRead;
        return Status(Status::kOkCompleted);
    }

    Status OnBlockBegin(const webm::ElementMetadata &, const webm::Block &block, Action *action) override {
        begin(block, false);
        *action = Action::kRead;
        return Status(Status::kOkCompleted);
    }

    Status OnFrame(const webm::FrameMetadata &, webm::Reader *reader, uint64_t *remaining) override {
        if (current.bytes.empty() && *remaining > maximumElement) return Status(Status::kInvalidElementSize);
        while (*remaining > 0) {
            // The sum grows with what really came, so a damaged size costs no memory.
            size_t have = current.bytes.size(), piece = size_t(std::min<uint64_t>(*remaining, 65536));
            current.bytes.resize(have + piece);
            uint64_t got = 0;
            Status status = reader->Read(piece, current.bytes.data() + have, &got);
            current.bytes.resize(have + size_t(got));
            *remaining -= got;
            if (!status.ok()) return status;
        }
        frames.push_back(current);
        current.bytes.clear();
        input.paused = true;
        return Status(Status::kOkCompleted);
    }

  private:
    Input &input;
    Frame current = {};
    uint64_t scale = 1'000'000, clusterTime = 0;

    void begin(const webm::Block &block, bool isKey) {
        uint64_t base = std::min(clusterTime, maximumTime / scale);
        current.track = block.track_number;
        current.time = std::max<int64_t>(0, (int64_t(base) + block.timecode) * int64_t(scale));
        current.isKey = isKey;
        current.bytes.clear();
    }
};

// Notes where clusters and key frames are and skips everything else.
class Indexer : public webm::Callback {
  public:
    std::vector<cwebm_place> places;
    int64_t end = 0;

    Status OnElementBegin(const webm::ElementMetadata &metadata, Action *action) override {
        *action = isOfNoUse(metadata.id) ? Action::kSkip : Action::kRead;
        if (metadata.id == webm::Id::kCluster) position = metadata.position;
        bool tooLarge = metadata.size != webm::kUnknownElementSize && metadata.size > maximumElement;
        if (tooLarge && *action == Action::kRead && !mayBeLarge(metadata.id)) return Status(Status::kInvalidElementSize);
        return Status(Status::kOkCompleted);
    }

    Status OnInfo(const webm::ElementMetadata &, const webm::Info &info) override {
        scale = std::clamp<uint64_t>(info.timecode_scale.value(), 1, 1'000'000'000);
        double told = info.duration.value() * double(scale);
        if (told > 0 && told < double(maximumTime)) end = int64_t(told);
        return Status(Status::kOkCompleted);
    }

    Status OnTrackEntry(const webm::ElementMetadata &, const webm::TrackEntry &entry) override {
        if (entry.track_type.value() == webm::TrackType::kVideo) pictures.push_back(entry.track_number.value());
        return Status(Status::kOkCompleted);
    }

    Status OnClusterBegin(const webm::ElementMetadata &, const webm::Cluster &cluster, Action *action) override {
        clusterTime = int64_t(std::min(cluster.timecode.value(), maximumTime / scale));
        places.push_back({0, clusterTime * int64_t(scale), position});
        *action = Action::kRead;
        return Status(Status::kOkCompleted);
    }

    Status OnSimpleBlockBegin(const webm::ElementMetadata &, const webm::SimpleBlock &block, Action *action) override {
        note(block, block.is_key_frame);
        *action = Action::kSkip;
        return Status(Status::kOkCompleted);
    }

    Status OnBlockBegin(const webm::ElementMetadata &, const webm::Block &block, Action *action) override {
        note(block, false);
        *action = Action::kSkip;
        return Status(Status::kOkCompleted);
    }

  private:
    std::vector<uint64_t> pictures;
    uint64_t scale = 1'000'000, position = 0;
    int64_t clusterTime = 0;

    void note(const webm::Block &block, bool isKey) {
        int64_t time = std::max<int64_t>(0, (clusterTime + block.timecode) * int64_t(scale));
        end = std::max(end, time);
        bool isPicture = std::find(pictures.begin(), pictures.end(), block.track_number) != pictures.end();
        if (isKey && isPicture) places.push_back({block.track_number, time, position});
    }
};

}  // namespace

struct cwebm_file {
    Input input;
    Collector collector{input};
    webm::WebmParser parser;
    Frame shown = {};
    bool ended = false, broken = false;

    cwebm_file(int descriptor, const uint8_t *head, size_t count) : input(descriptor, head, count) {}

    // Parses until a frame waits or nothing more can come.
    void parse() {
        while (collector.frames.empty() && !ended) {
            input.paused = false;
            Status status(Status::kOkCompleted);
            try {
                status = parser.Feed(&collector, &input);
            } catch (const std::exception &) {
                status = Status(Status::kNotEnoughMemory);
            }
            if (status.code == Status::kWouldBlock || status.code == Status::kOkPartial) continue;
            ended = true;
            broken = status.code != Status::kOkCompleted && status.code != Status::kEndOfFile;
        }
    }
};

cwebm_file *cwebm_open(int descriptor, const uint8_t *head, size_t count) {
    try {
        return new cwebm_file(descriptor, head, count);
    } catch (const std::exception &) {
        return nullptr;
    }
}

void cwebm_close(cwebm_file *file) { delete file; }

cwebm_place *cwebm_index(int descriptor, size_t *count, int64_t *duration) {
    *count = 0;
    *duration = 0;
    try {
        Input input(descriptor, nullptr, 0);
        input.seek(0);
        Indexer indexer;
        webm::WebmParser parser;
        Status status(Status::kOkPartial);
        // A damaged end costs nothing of what stands before it.
        while (status.code == Status::kOkPartial) status = parser.Feed(&indexer, &input);
        *duration = indexer.end;
        size_t bytes = indexer.places.size() * sizeof(cwebm_place);
        auto *places = bytes > 0 ? static_cast<cwebm_place *>(malloc(bytes)) : nullptr;
        if (!places) return nullptr;
        memcpy(places, indexer.places.data(), bytes);
        *count = indexer.places.size();
        return places;
    } catch (const std::exception &) {
        return nullptr;
    }
}

void cwebm_seek(cwebm_file *file, uint64_t position) {
    file->input.seek(position);
    file->parser.DidSeek();
    file->collector.frames.clear();
    file->ended = file->broken = false;
}

size_t cwebm_track_count(cwebm_file *file) {
    file->parse();
    return file->collector.tracks.size();
}

bool cwebm_get_track(cwebm_file *file, size_t index, cwebm_track *track) {
    if (index >= file->collector.tracks.size()) return false;
    *track = file->collector.tracks[index];
    return true;
}

cwebm_result cwebm_next(cwebm_file *file, cwebm_frame *frame) {
    file->parse();
    if (file->collector.frames.empty()) return file->broken ? CWEBM_BROKEN : CWEBM_END;
    file->shown = std::move(file->collector.frames.front());
    file->collector.frames.pop_front();
    *frame = {file->shown.track, file->shown.time, file->shown.isKey, file->shown.bytes.data(), file->shown.bytes.size()};
    return CWEBM_FRAME;
}
