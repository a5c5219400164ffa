/* A microphone for machines that have none: an ALSA plug-in that "captures" a raw S16_LE file, sample for sample,
   in real time (or `speed` times as fast), at one fixed rate and number of channels, with faults on demand.
   gcc -O1 -shared -fPIC -DPIC -o testmic.so testmic.c -lasound   (Debian: libasound2-dev)
   Fields in asound.conf, all but `file` optional, times in seconds of sound after the start:
     file "x.raw"   rate 16000   channels 1   speed 1.0
     gone 2.0       the device vanishes (-ENODEV)
     stall 2.0      it stops delivering and says nothing
     dies 2.0       reading fails (-EIO), as when a sound server goes away
     buffer 8000    frames that it keeps at most when nobody takes them
     opens 1        it can be opened so often in a process, then it is busy (-EBUSY)
     clock "x.txt"  each start adds a line there: CLOCK_MONOTONIC in ns, and the frame of the file that is heard then
   After the end of the file comes silence. */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <sys/timerfd.h>
#include <fcntl.h>
#include <time.h>
typedef unsigned long long u64;
typedef struct {
    snd_pcm_ioplug_t io;
    int tfd, fd, running, dead;
    long rate, channels;
    double speed, gone, stall, dies; /* the last three: seconds of sound after the start; 0 = never */
    struct timespec t0;
    u64 base, last;                 /* file frame at appl_ptr 0; next frame to hand out */
    char clock[4096];
} mic_t;

static struct { char file[4096]; long n; } opened[64];      /* how often this process opened which */

static long *opened_of(const char *file)
{
    int i = 0;
    while (i < 63 && opened[i].file[0] && strcmp(opened[i].file, file)) i++;
    snprintf(opened[i].file, sizeof opened[i].file, "%s", file);
    return &opened[i].n;
}

static u64 hwpos(mic_t *m)          /* frames "captured" since start */
{
    struct timespec n;
    clock_gettime(CLOCK_MONOTONIC, &n);
    double s = ((n.tv_sec - m->t0.tv_sec) + (n.tv_nsec - m->t0.tv_nsec) * 1e-9) * m->speed;
    if (m->gone > 0 && s > m->gone) m->dead = 1;
    if (m->stall > 0 && s > m->stall) s = m->stall;
    return (u64)(s * m->rate);
}
static int mic_start(snd_pcm_ioplug_t *io)
{
    mic_t *m = io->private_data;
    if (m->dead) return -ENODEV;
    double p = io->period_size / (m->rate * m->speed);
    struct itimerspec it = {{(time_t)p, (long)((p - (time_t)p) * 1e9) + 1}, {0, 0}};
    it.it_value = it.it_interval;
    m->running = 1;
    clock_gettime(CLOCK_MONOTONIC, &m->t0);
    if (m->clock[0]) {
        int fd = open(m->clock, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0 || dprintf(fd, "%lld %llu\n", m->t0.tv_sec * 1000000000LL + m->t0.tv_nsec, m->base) < 0) return -EIO;
        close(fd);
    }
    return timerfd_settime(m->tfd, 0, &it, NULL) < 0 ? -errno : 0;
}
static int mic_stop(snd_pcm_ioplug_t *io)
{
    mic_t *m = io->private_data;
    struct itimerspec it = {{0, 0}, {0, 0}};
    if (m->running) { u64 h = m->base + hwpos(m); if (h > m->last) m->last = h; }
    m->running = 0;
    timerfd_settime(m->tfd, 0, &it, NULL);
    return 0;
}
static int mic_prepare(snd_pcm_ioplug_t *io)
{
    mic_t *m = io->private_data;
    mic_stop(io);
    m->base = m->last;
    return m->dead ? -ENODEV : 0;
}
static snd_pcm_sframes_t mic_pointer(snd_pcm_ioplug_t *io)
{
    mic_t *m = io->private_data;
    u64 h = m->running ? hwpos(m) : 0;
    if (m->dead) return -ENODEV;
    if (h > io->appl_ptr + io->buffer_size) return -EPIPE;   /* overrun, as hardware does */
    return h % io->buffer_size;
}
static snd_pcm_sframes_t mic_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *a,
                                      snd_pcm_uframes_t off, snd_pcm_uframes_t n)
{
    mic_t *m = io->private_data;
    char *d = (char *)a[0].addr + (a[0].first + a[0].step * off) / 8;
    u64 pos = m->base + io->appl_ptr;
    if (m->dead) return -ENODEV;
    if (m->dies > 0 && pos > m->dies * m->rate) return -EIO;
    size_t frame = 2 * m->channels;
    memset(d, 0, n * frame);                                 /* silence after the end of the file */
    if (pread(m->fd, d, n * frame, (off_t)(pos * frame)) < 0) return -errno;
    m->last = pos + n;
    return n;
}
static int mic_close(snd_pcm_ioplug_t *io)
{
    mic_t *m = io->private_data;
    close(m->tfd); close(m->fd); free(m);
    return 0;
}
static int mic_revents(snd_pcm_ioplug_t *io, struct pollfd *p, unsigned n, unsigned short *rev)
{
    mic_t *m = io->private_data;
    u64 x, h = hwpos(m);
    *rev = 0;
    if (m->dead) { *rev = POLLERR | POLLNVAL; return 0; }
    if (p[0].revents & POLLIN) {
        if (read(m->tfd, &x, 8) < 0) { }
        if (m->running && h > io->appl_ptr) *rev = POLLIN;
    }
    return 0;
}
static const snd_pcm_ioplug_callback_t cb = {
    .start = mic_start, .stop = mic_stop, .pointer = mic_pointer, .transfer = mic_transfer,
    .close = mic_close, .prepare = mic_prepare, .poll_revents = mic_revents };

SND_PCM_PLUGIN_DEFINE_FUNC(testmic)
{
    snd_config_iterator_t i, nx;
    const char *file = "", *clock = "";
    long rate = 16000, channels = 1, opens = 0, buffer = 0;
    double speed = 1, g = 0, st = 0, di = 0;
    int err;
    if (stream != SND_PCM_STREAM_CAPTURE) return -ENODEV;
    snd_config_for_each(i, nx, conf) {
        snd_config_t *n = snd_config_iterator_entry(i);
        const char *id;
        if (snd_config_get_id(n, &id) < 0) continue;
        if (!strcmp(id, "comment") || !strcmp(id, "type") || !strcmp(id, "hint")) continue;
        if (!strcmp(id, "file")) snd_config_get_string(n, &file);
        else if (!strcmp(id, "clock")) snd_config_get_string(n, &clock);
        else if (!strcmp(id, "rate")) snd_config_get_integer(n, &rate);
        else if (!strcmp(id, "channels")) snd_config_get_integer(n, &channels);
        else if (!strcmp(id, "buffer")) snd_config_get_integer(n, &buffer);
        else if (!strcmp(id, "opens")) snd_config_get_integer(n, &opens);
        else if (!strcmp(id, "dies")) snd_config_get_ireal(n, &di);
        else if (!strcmp(id, "speed")) snd_config_get_ireal(n, &speed);
        else if (!strcmp(id, "gone")) snd_config_get_ireal(n, &g);
        else if (!strcmp(id, "stall")) snd_config_get_ireal(n, &st);
        else { SNDERR("testmic: unknown field %s", id); return -EINVAL; }
    }
    if (opens && *opened_of(file) >= opens) return -EBUSY;
    mic_t *m = calloc(1, sizeof *m);
    m->rate = rate; m->channels = channels; m->speed = speed; m->gone = g; m->stall = st; m->dies = di;
    snprintf(m->clock, sizeof m->clock, "%s", clock);
    if ((m->fd = open(file, O_RDONLY | O_CLOEXEC)) < 0) { err = -errno; free(m); return err; }
    m->tfd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    m->io.version = SND_PCM_IOPLUG_VERSION; m->io.name = "test microphone"; m->io.callback = &cb;
    m->io.private_data = m; m->io.poll_fd = m->tfd; m->io.poll_events = POLLIN; m->io.mmap_rw = 0;
    if ((err = snd_pcm_ioplug_create(&m->io, name, stream, mode)) < 0) return err;
    unsigned acc[] = {SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED}, fmt[] = {SND_PCM_FORMAT_S16_LE};
    snd_pcm_ioplug_set_param_list(&m->io, SND_PCM_IOPLUG_HW_ACCESS, 2, acc);
    snd_pcm_ioplug_set_param_list(&m->io, SND_PCM_IOPLUG_HW_FORMAT, 1, fmt);
    snd_pcm_ioplug_set_param_minmax(&m->io, SND_PCM_IOPLUG_HW_CHANNELS, channels, channels);
    snd_pcm_ioplug_set_param_minmax(&m->io, SND_PCM_IOPLUG_HW_RATE, rate, rate);
    snd_pcm_ioplug_set_param_minmax(&m->io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 256, 65536);
    if (buffer) snd_pcm_ioplug_set_param_minmax(&m->io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 512, buffer * 2 * channels);
    snd_pcm_ioplug_set_param_minmax(&m->io, SND_PCM_IOPLUG_HW_PERIODS, 2, 64);
    ++*opened_of(file);
    *pcmp = m->io.pcm;
    return 0;
}
SND_PCM_PLUGIN_SYMBOL(testmic);
