/* The record of an origin, for saved plans and for the journal. Nothing is opened here. */
#include "engine/change/origin.h"

void origin_write(const struct origin *origin, struct text *record)
{
    record_string(record, origin->playbook);
    record_string(record, origin->name);
    record_strings(record, origin->settings);
    record_number(record, origin->source_count);
    for (size_t i = 0; i < origin->source_count; i++) {
        record_string(record, origin->sources[i].path);
        record_string(record, origin->sources[i].hash);
    }
}

bool origin_read(struct origin *origin, struct reading *reading)
{
    *origin = (struct origin){.playbook = read_string(reading)};
    origin->name = read_string(reading);
    origin->settings = read_strings(reading);
    size_t count = read_up_to(reading, MOST_SOURCES);
    if (!origin->playbook || !origin->name || !origin->settings || count == 0)
        return false;
    origin->sources = arena_alloc(reading->arena, count * sizeof(*origin->sources));
    for (; origin->source_count < count; origin->source_count++) {
        struct origin_source *source = &origin->sources[origin->source_count];
        source->path = read_string(reading);
        source->hash = read_string(reading);
        if (!source->path || !source->hash)
            return false;
    }
    return !reading->broken;
}
