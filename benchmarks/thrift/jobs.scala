// The example in Scala on RDDs, with the libthrift in Spark's jars. The readers take the fields the job
// needs and skip the others, as the classes of the thrift compiler do not: they would take longer.
// Arguments and conversation are those of asked.py.

import org.apache.hadoop.fs.Path
import org.apache.hadoop.io.{BytesWritable, NullWritable}
import org.apache.hadoop.mapreduce.lib.output.SequenceFileOutputFormat
import org.apache.spark.{HashPartitioner, Partitioner, SparkConf, SparkContext}
import org.apache.spark.rdd.RDD
import org.apache.thrift.protocol._
import org.apache.thrift.transport.{TMemoryBuffer, TMemoryInputTransport}

case class Event(user: String, ms: Long, cents: Long, country: String)
case class Session(country: String, events: Long, cents: Long, ms: Long)
case class Total(sessions: Long, events: Long, cents: Long, ms: Long, longest: Long) {
  def +(other: Total): Total = Total(sessions + other.sessions, events + other.events,
    cents + other.cents, ms + other.ms, math.max(longest, other.longest))
}

class UserPartitioner(val numPartitions: Int) extends Partitioner {
  private val hash = new HashPartitioner(numPartitions)
  def getPartition(key: Any): Int = hash.getPartition(key.asInstanceOf[(String, Long)]._1)
}

/** Reads structs out of one buffer after the other. */
class Structs(compact: Boolean) {
  private val transport = new TMemoryInputTransport()
  private val in: TProtocol =
    if (compact) new TCompactProtocol(transport) else new TBinaryProtocol(transport)

  private def fields(each: TField => Boolean): Unit = {
    in.readStructBegin()
    var field = in.readFieldBegin()
    while (field.`type` != TType.STOP) {
      if (!each(field)) TProtocolUtil.skip(in, field.`type`)
      in.readFieldEnd()
      field = in.readFieldBegin()
    }
    in.readStructEnd()
  }

  private def over(data: BytesWritable): Unit = transport.reset(data.getBytes, 0, data.getLength)

  private def country(): String = {
    var found: String = null
    fields { f => val is = f.id == 2 && f.`type` == TType.STRING; if (is) found = in.readString(); is }
    found
  }

  def event(data: BytesWritable): Event = {
    over(data)
    var (user, ms, cents, at) = (null: String, 0L, 0L, null: String)
    fields { f => (f.id, f.`type`) match {
      case (2, TType.I64) => ms = in.readI64(); true
      case (3, TType.STRING) => user = in.readString(); true
      case (9, TType.I64) => cents = in.readI64(); true
      case (15, TType.STRUCT) => at = country(); true
      case _ => false
    } }
    Event(user, ms, cents, at)
  }

  def profile(data: BytesWritable): (String, String) = {
    over(data)
    var (user, plan) = (null: String, null: String)
    fields { f => (f.id, f.`type`) match {
      case (1, TType.STRING) => user = in.readString(); true
      case (2, TType.STRING) => plan = in.readString(); true
      case _ => false
    } }
    (user, plan)
  }
}

class Jobs(sc: SparkContext, partitions: Int) extends Serializable {
  type Inputs = Map[String, String]
  import Jobs._

  private def values(path: String): RDD[BytesWritable] =
    sc.sequenceFile(path, classOf[NullWritable], classOf[BytesWritable], partitions).map(_._2)

  def etl(in: Inputs, out: String): Unit = {
    val keyed = values(in("events")).mapPartitions { records =>
      val structs = new Structs(compact = false)
      records.map { data => val e = structs.event(data); ((e.user, e.ms), (e.cents, e.country)) }
    }
    val found = keyed.repartitionAndSortWithinPartitions(new UserPartitioner(partitions))
      .mapPartitions(sessions)
    val plans = values(in("profiles")).mapPartitions { records =>
      val structs = new Structs(compact = true)
      records.map(structs.profile)
    }
    val totals = found.leftOuterJoin(plans, partitions).map { case (_, (session, plan)) =>
      ((session.country, plan.orNull),
        Total(1, session.events, session.cents, session.ms, session.ms))
    }.reduceByKey(_ + _, 1)
    totals.map { case ((country, plan), total) =>
      (NullWritable.get, new BytesWritable(encoded(country, plan, total)))
    }.saveAsNewAPIHadoopFile[SequenceFileOutputFormat[NullWritable, BytesWritable]](out)
  }
}

object Jobs {
  val gapMs = 30 * 60000L

  def sessions(rows: Iterator[((String, Long), (Long, String))]): Iterator[(String, Session)] = {
    val ahead = rows.buffered
    new Iterator[(String, Session)] {
      def hasNext: Boolean = ahead.hasNext
      def next(): (String, Session) = {
        val ((user, first), (paid, country)) = ahead.next()
        var (last, events, cents) = (first, 1L, paid)
        while (ahead.hasNext && ahead.head._1._1 == user && ahead.head._1._2 - last <= gapMs) {
          val ((_, ms), (more, _)) = ahead.next()
          last = ms
          events += 1
          cents += more
        }
        (user, Session(country, events, cents, last - first))
      }
    }
  }

  def encoded(country: String, plan: String, total: Total): Array[Byte] = {
    val buffer = new TMemoryBuffer(128)
    val out = new TBinaryProtocol(buffer)
    for ((text, id) <- Seq((country, 1), (plan, 2)) if text != null) {
      out.writeFieldBegin(new TField("", TType.STRING, id.toShort))
      out.writeString(text)
    }
    val numbers = Seq(total.sessions, total.events, total.cents, total.ms, total.longest)
    for ((number, at) <- numbers.zipWithIndex) {
      out.writeFieldBegin(new TField("", TType.I64, (at + 3).toShort))
      out.writeI64(number)
    }
    out.writeFieldStop()
    buffer.getArray.take(buffer.length)
  }

  /** Arguments: job, warm-up job, output, partitions, then name=path of inputs and few:name=path. */
  def main(args: Array[String]): Unit = {
    val Array(job, warmUp, output, partitions) = args.take(4)
    val paths = args.drop(4).map { pair => val at = pair.indexOf('='); pair.take(at) -> pair.drop(at + 1) }
    val (few, inputs) = paths.toMap.partition(_._1.startsWith("few:"))
    val sc = new SparkContext(new SparkConf())
    sc.setLogLevel("ERROR")
    val jobs = new Jobs(sc, partitions.toInt)
    def run(name: String, in: Map[String, String], out: String): Unit =
      classOf[Jobs].getMethod(name, classOf[Map[_, _]], classOf[String]).invoke(jobs, in, out)
    val aside = output + "-warm-up"
    val path = new Path(aside)
    path.getFileSystem(sc.hadoopConfiguration).delete(path, true)
    run(warmUp, few.map { case (name, path) => name.drop(4) -> path }, aside)
    println("READY")
    var asked = scala.io.StdIn.readLine()
    while (asked != null) {
      val began = System.nanoTime
      run(job, inputs, output)
      println("SECONDS " + (System.nanoTime - began) / 1e9)
      asked = scala.io.StdIn.readLine()
    }
    sc.stop()
  }
}
