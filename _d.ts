import { readNumbers } from './test/media/read.ts'
import { numberOf } from './test/media/code.ts'
import { Feed } from './video/feed.ts'
import { withHandles } from './video/handles.ts'
import { decoderOf, openVideo } from './video/open.ts'
import { openSource } from './video/source.ts'
import { RgbReader } from './video/pixels.ts'
const path = process.argv[2]!
withHandles(h=>{ const s=openSource(path,h,()=>false); console.log(s.packets.length, s.packets.map((x,i)=>`${i}:${x.pts<-1e15?'-':x.pts}/${x.dts<-1e15?'-':x.dts}${x.key?'K':''}${x.incomplete?'!':''}(${x.size})`).join(' ').slice(0,2500)); console.log(s.damaged) })
try { const a = readNumbers(path,{kind:'count',count:200},undefined); console.log('all', a.numbers.map((n,i)=>`${n}@${(a.times[i]!*25).toFixed(1)}`).join(' ')) } catch(e){console.log(String(e))}
try { const a = readNumbers(path,{kind:'times',times:[1.3,.7,.1]},undefined,undefined,1); console.log('some', a.numbers.map((n,i)=>`${n}@${(a.times[i]!*25).toFixed(1)}`).join(' ')) } catch(e){console.log(String(e))}
withHandles(h=>{ const o=openVideo(path,h); const f=new Feed(o,decoderOf(o),h); const r=new RgbReader(h); const st:number[]=[]; const out:string[]=[]; const tick=o.stream.timeBase.toDouble()*25
 const output={frame:(n:number,fr:any)=>out.push(`${numberOf(r.read(fr),fr.width,fr.height)}@${(st[n]!*tick).toFixed(1)}`),damage:(n:number,s:boolean)=>{out.push(`!${n}${s}`)}}
 for(;o.format.readFrameSync(f.packet)>=0;f.packet.unref()){ if(f.packet.streamIndex!==o.stream.index)continue; st.push(Number(f.packet.pts)); f.send(st.length-1,true,output)} f.drain(st.length-1,output); console.log('ref', out.join(' '))})
process.exit(0)
