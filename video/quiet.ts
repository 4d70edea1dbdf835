import { AV_LOG_QUIET } from 'node-av/constants'
import { Log } from 'node-av/lib'

// FFmpeg prints its complaints and statistics to the terminal; what matters of them is in our errors.
Log.setLevel(AV_LOG_QUIET)
