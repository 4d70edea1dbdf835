import { AV_LOG_QUIET } from 'node-av/constants'
import { Log } from 'node-av/lib'

// FFmpeg prints warnings and statistics to the terminal; relevant ones are in Spanwise's errors.
Log.setLevel(AV_LOG_QUIET)
